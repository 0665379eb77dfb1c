from workspace_fixtures import no_syncing, workspace

__all__ = ["no_syncing", "workspace"]
