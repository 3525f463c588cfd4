"""What the signals mean: values in, scores and changes out; no I/O and no clock."""
