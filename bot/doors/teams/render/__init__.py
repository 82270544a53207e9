"""Cards as Adaptive Cards 1.5: what Teams shows. Pure; no call to anybody goes in here."""
