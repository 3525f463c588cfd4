"""From a change to a message in somebody's chat."""
