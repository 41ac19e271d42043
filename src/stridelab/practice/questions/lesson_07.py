"""Lesson 07, Receptive fields: what it asks, why it holds, what wrong rules give."""
