"""Practice: the learner answers first, and is told which rule gives a wrong answer."""

from stridelab import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    names={
        "bank": ["Dealt", "Problem", "deal", "topics"],
        "card": ["Card", "posttest", "pretest", "session", "show"],
        "checking": ["Outcome", "check"],
        "predictions": ["Verdict", "predict"],
        "summary": ["Progress", "progress"],
        "takeaway": ["take_along"],
        "sessions": ["Session"],
    },
)
