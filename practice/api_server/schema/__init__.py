"""What OpenAPI says about objects, and what follows from it: patches, defaults, faults, managed fields."""
