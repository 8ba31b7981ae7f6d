"""Flask: the pages people read and the two endpoints gates fetch from. It holds no vault key and signs nothing."""
