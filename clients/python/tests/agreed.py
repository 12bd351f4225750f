"""Contracts, experiments and logs for tests."""

from fedrl_agent.experiment import Contract


def contract(**more):
    """Give a contract of two agents, K = 2, S = 3, A = 2."""
    usual = {
        "algorithm": "fed-asyn-q",
        "states": 3,
        "actions": 2,
        "discount": 0.9,
        "step_size": 0.1,
        "importance": True,
        "sync_period": 4,
        "initial": "perAgent",
        "initial_seed": 5,
        "reward_range": (0.0, 1.0),
        "value_range": (0.0, 10.0),
        "terminal": frozenset([2]),
        "behavior": "uniform",
        "seed": 5,
        "agent": 1,
        "agents": 2,
    }
    return Contract(**{**usual, **more})


EXPERIMENT = """name: small
environment: { states: 3, actions: 2, discount: 0.9, rewardRange: [0, 1] }
agents: { count: 2, experience: own }
algorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 4, steps: 400, initial: 0 }
seeds: 2
"""

LOG = """state,action,reward,next_state,terminated
0,1,0.5,1,0
1,0,1,0,false
0,0,.25,2,true
1,1,0,1,0
1,0,7.5e-1,2,1
"""
