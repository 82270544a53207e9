"""Looking at metrics: sources, the catalog of golden signals, change-points, alerts."""
