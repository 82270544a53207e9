"""HorizontalPodAutoscalers: how many pods a measured load asks for, and how fast that may be followed."""
