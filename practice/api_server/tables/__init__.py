"""What `kubectl get` shows: objects as rows, exactly as a real API server's printers fill the cells."""
