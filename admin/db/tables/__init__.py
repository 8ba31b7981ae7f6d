"""Every table of the register, so that one import knows them all."""

from admin.db.tables.accounts import Account, Attempt, Audit, AuditHead
from admin.db.tables.calibrations import Calibration
from admin.db.tables.confusions import ConfusedBy, Confusion
from admin.db.tables.gates import Gate, GateEpoch, GateState, SealedRoster
from admin.db.tables.jobs import Job
from admin.db.tables.joins import GateJoin, GateRevocation, JoinStep
from admin.db.tables.orders import GateOrder, OrderState, Unsent
from admin.db.tables.passages import Alarm, LinkPurge, PartPurge, PartReason, Passage, PurgeReason, Quarantine
from admin.db.tables.people import Consent, ConsentText, Face, Membership, Person, Pin
from admin.db.tables.pictures import GatePicture
from admin.db.tables.places import Compound, Grid, Household, Place
from admin.db.tables.server import Lease, Server
from admin.db.tables.visits import PassClaim, ResidentLink, Visit, VisitGate

__all__ = [
    "Account",
    "Alarm",
    "Attempt",
    "Audit",
    "AuditHead",
    "Calibration",
    "Compound",
    "ConfusedBy",
    "Confusion",
    "Consent",
    "ConsentText",
    "Face",
    "Gate",
    "GateEpoch",
    "GateJoin",
    "GateOrder",
    "GatePicture",
    "GateRevocation",
    "GateState",
    "Grid",
    "Household",
    "Job",
    "JoinStep",
    "Lease",
    "LinkPurge",
    "Membership",
    "OrderState",
    "PartPurge",
    "PartReason",
    "PassClaim",
    "Passage",
    "Person",
    "Pin",
    "Place",
    "PurgeReason",
    "Quarantine",
    "ResidentLink",
    "SealedRoster",
    "Server",
    "Unsent",
    "Visit",
    "VisitGate",
]
