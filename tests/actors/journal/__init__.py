"""What every journal promises, and what the one on disk promises besides."""
