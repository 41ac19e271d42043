"""Lesson 09, What strides do: what it asks, why it holds, what wrong rules give."""
