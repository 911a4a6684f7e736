"""The networks; torch only, shared with training. What leads them (`inputs`) needs none."""
