"""What people see, before any platform: plain text in a small closed set of elements."""
