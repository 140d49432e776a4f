"""The live desk: stories kept up to date as articles come and go, under ids that stay, in a store that survives."""
