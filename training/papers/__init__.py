"""The papers' other systems: a file a system, one loop that trains any of them (`training.compare` compares them)."""
