"""One file per paper, the paper's table on the page; ``index`` lists the networks as strings.  No torch."""
