"""Files from outside are opened in a process that holds nothing and, where the system allows it, can reach nothing."""

from anonymiser.isolation.confinement import Confinement
from anonymiser.isolation.decoder import IsolatedDecoder, decode

__all__ = ["Confinement", "IsolatedDecoder", "decode"]
