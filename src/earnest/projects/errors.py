"""What projects refuse."""

from earnest.escrow import EscrowNotConfigured as EscrowNotConfigured
from earnest.kit.errors import EarnestError, Kind


class AssetNotOffered(EarnestError):
    """No token is configured for {asset} here. Projects are paid in STX."""

    code = "asset_not_offered"
    kind = Kind.CONFLICT


class StacksAddressNeeded(EarnestError):
    """Projects are paid on Stacks: link a Stacks wallet to your account first."""

    code = "stacks_address_needed"
    kind = Kind.CONFLICT


class ProjectUnknown(EarnestError):
    """There is no such project, or it is not yours to see."""

    code = "project_unknown"
    kind = Kind.NOT_FOUND


class MilestoneUnknown(EarnestError):
    """This project has no milestone {num}."""

    code = "milestone_unknown"
    kind = Kind.NOT_FOUND


class ProposalUnknown(EarnestError):
    """There is no such proposal, or it is not yours to see."""

    code = "proposal_unknown"
    kind = Kind.NOT_FOUND


class FreelancerUnknown(EarnestError):
    """No wallet of yours has this address. Proposals are shown to those who made them."""

    code = "freelancer_unknown"
    kind = Kind.NOT_FOUND


class NotTheClient(EarnestError):
    """Only the client of a project may do this."""

    code = "not_the_client"
    kind = Kind.FORBIDDEN


class NotTheFreelancer(EarnestError):
    """Only the freelancer whose proposal was accepted may do this."""

    code = "not_the_freelancer"
    kind = Kind.FORBIDDEN


class OwnProject(EarnestError):
    """This project is your own; you cannot propose to it."""

    code = "own_project"
    kind = Kind.FORBIDDEN


class ProjectNotOpen(EarnestError):
    """This project is {stage}, not open. Nothing was changed."""

    code = "project_not_open"
    kind = Kind.CONFLICT


class IllegalMove(EarnestError):
    """A {thing} that is {status} cannot be changed by {act}. Nothing was changed."""

    code = "illegal_move"
    kind = Kind.CONFLICT


class ProjectFunded(EarnestError):
    """The escrow of this project is on the chain. What happens to its money is decided there."""

    code = "project_funded"
    kind = Kind.CONFLICT


class ReferenceSpent(EarnestError):
    """An escrow that is not what was agreed on carries the reference of this agreement, and the
    contract takes each reference once. Take the acceptance back and accept anew."""

    code = "reference_spent"
    kind = Kind.CONFLICT


class ProjectNotAgreed(EarnestError):
    """No proposal to this project is accepted at the moment."""

    code = "project_not_agreed"
    kind = Kind.CONFLICT


class ProposedAlready(EarnestError):
    """You have a proposal to this project. Take it back before you make another."""

    code = "proposed_already"
    kind = Kind.CONFLICT


class ProposalsFull(EarnestError):
    """This project has {most} proposals, and takes no more."""

    code = "proposals_full"
    kind = Kind.CONFLICT


class TooManyOpen(EarnestError):
    """You have {most} {what}, as many as an account may have at once."""

    code = "too_many_open"
    kind = Kind.CONFLICT


class TermsChanged(EarnestError):
    """The terms changed to version {current} after this proposal, which is for {given}."""

    code = "terms_changed"
    kind = Kind.CONFLICT


class TermsNotSound(EarnestError):
    """{reason}"""

    code = "terms_not_sound"
    kind = Kind.INVALID


class NothingToRead(EarnestError):
    """The {field} has no sign in it that anybody could read."""

    code = "nothing_to_read"
    kind = Kind.INVALID


class TermsUnknown(EarnestError):
    """This project never had terms of version {version}."""

    code = "terms_unknown"
    kind = Kind.NOT_FOUND


class LinkNotTaken(EarnestError):
    """{link} is no https address of a host."""

    code = "link_not_taken"
    kind = Kind.INVALID


class EscrowPaused(EarnestError):
    """The contract takes no new projects at the moment. Those that it has go on."""

    code = "escrow_paused"
    kind = Kind.CONFLICT


class FundingUnknown(EarnestError):
    """No escrow of these two parties was created by that chain_tx, as far as the chain is read."""

    code = "funding_unknown"
    kind = Kind.CONFLICT


class FundingOfAnother(EarnestError):
    """That escrow belongs to another project."""

    code = "funding_of_another"
    kind = Kind.CONFLICT


class FundingDiffers(EarnestError):
    """That escrow is not what was agreed on. Its differences are shown with the project."""

    code = "funding_differs"
    kind = Kind.CONFLICT


class TooManyHints(EarnestError):
    """{most} chain_txs of this project are awaited already. Wait until the chain shows them."""

    code = "too_many_hints"
    kind = Kind.CONFLICT


class TooManyVersions(EarnestError):
    """This milestone has {most} versions, and takes no more."""

    code = "too_many_versions"
    kind = Kind.CONFLICT


class CreationNotFinal(EarnestError):
    """The escrow's creation is not final, so nothing on it is signed yet. {awaited}"""

    code = "creation_not_final"
    kind = Kind.CONFLICT
