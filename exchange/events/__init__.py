"""What happens, as it happens: a stream of the events that concern one office."""
