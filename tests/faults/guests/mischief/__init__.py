"""Work that breaks, hangs or runs away, as it is asked to."""
