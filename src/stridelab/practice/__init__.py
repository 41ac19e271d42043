"""Practice: the learner answers first, and is told which rule gives a wrong answer."""

from stridelab.practice.predictions import Verdict, predict

__all__ = ["Verdict", "predict"]
