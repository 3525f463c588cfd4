"""What the exchanges have in common and what is their own."""
