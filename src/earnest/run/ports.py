"""The loopback ports of one installation."""

from dataclasses import dataclass

from earnest.run.embedded.launch import free_port, port_is_free


@dataclass(frozen=True)
class Ports:
    """One for each part that listens."""

    api: int
    s3: int
    postgres: int
    chain: int
    worker_metrics: int
    indexer_metrics: int
    stacks: int

    @classmethod
    def beginning_at(cls, api: int) -> "Ports":
        """The API's port as asked; those that follow it for the rest, or others where taken."""
        taken = {api}
        found = []
        for wanted in range(api + 1, api + 7):
            port = wanted if wanted <= 65_535 and port_is_free(wanted) else free_port()
            while port in taken:
                port = free_port()
            taken.add(port)
            found.append(port)
        return cls(api, *found)
