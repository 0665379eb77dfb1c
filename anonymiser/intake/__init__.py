"""Every file that arrives, from the inbox to its one terminal state; the only stage that moves files."""
