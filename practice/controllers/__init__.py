"""What a cluster does by itself: small controllers, one process, over the API alone.

No storage, no HTTP server, and nothing that a kubelet does. practice/controllers/catalog.py lists them.
"""
