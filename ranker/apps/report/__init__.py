"""The command `ranker report`: ranked stories as one page that stands by itself."""
