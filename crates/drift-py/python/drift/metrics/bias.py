"""How much of the information is the bias of a short recording?"""

from .._drift import bias as _native

__all__ = [name for name in dir(_native) if not name.startswith("_")]
globals().update({name: getattr(_native, name) for name in __all__})
