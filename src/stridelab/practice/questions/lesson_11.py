"""Lesson 11, Making it fast: what it asks, why it holds, what wrong rules give."""
