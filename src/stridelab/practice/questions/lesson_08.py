"""Lesson 08, What borders do: what it asks, why it holds, what wrong rules give."""
