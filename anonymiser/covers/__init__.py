"""What hides a head: the region that is destroyed, and the picture that is drawn over it."""
