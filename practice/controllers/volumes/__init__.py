"""PersistentVolumes and the claims on them: who gets which, and who may go."""
