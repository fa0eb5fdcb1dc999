"""What pages show, asked of the graph and put in order: plain values, without HTTP and without markup."""
