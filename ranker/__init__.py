"""Groups news coverage of the same story across providers, and ranks the stories."""

__version__ = "0.1.0"
