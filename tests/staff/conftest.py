from workspace_fixtures import no_syncing, quick_passwords, workspace

__all__ = ["no_syncing", "quick_passwords", "workspace"]
