"""What doors show that cannot draw for themselves: pictures as PNG bytes."""
