"""The settings of optimisers and schedules that tools/fixtures-optim.py runs."""

import math

# Of each kind: options of the optimiser, and of its second group.
CASES = {
    "SGD": [
        ({}, {}),
        ({"lr": 0.02, "momentum": 0.9}, {"lr": 0.005}),
        ({"lr": 0.02, "momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1}, {"momentum": 0}),
        ({"lr": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01}, {"nesterov": False}),
        ({"lr": 0.01, "momentum": 0.5, "maximize": True}, {"maximize": False, "weight_decay": 0.5}),
    ],
    "Adam": [
        ({}, {}),
        ({"lr": 0.02, "betas": [0.8, 0.99], "eps": 1e-4, "weight_decay": 0.1}, {"lr": 0.05}),
        ({"lr": 0.02, "amsgrad": True, "weight_decay": 0.01}, {"amsgrad": False}),
        ({"lr": 0.01, "maximize": True, "betas": [0.0, 0.9]}, {"betas": [0.7, 0.9]}),
        ({"lr": 0.02, "decoupled_weight_decay": True, "weight_decay": 0.3}, {"weight_decay": 0}),
    ],
    "AdamW": [
        ({}, {}),
        ({"lr": 0.02, "weight_decay": 0.2, "betas": [0.85, 0.95]}, {"weight_decay": 0.5}),
        ({"lr": 0.02, "amsgrad": True, "maximize": True}, {"lr": 0.001}),
    ],
    "NAdam": [
        ({}, {}),
        ({"lr": 0.02, "betas": [0.8, 0.95], "weight_decay": 0.1, "eps": 1e-5}, {"lr": 0.001}),
        ({"lr": 0.01, "momentum_decay": 0.1, "weight_decay": 0.2, "decoupled_weight_decay": True},
         {"momentum_decay": 0}),
        ({"lr": 0.01, "maximize": True}, {"maximize": False}),
    ],
    "RAdam": [
        ({}, {}),
        ({"lr": 0.02, "betas": [0.8, 0.9], "weight_decay": 0.1}, {"betas": [0.9, 0.99]}),
        ({"lr": 0.02, "weight_decay": 0.2, "decoupled_weight_decay": True, "eps": 1e-3}, {}),
        ({"lr": 0.01, "betas": [0.9, 0.5], "maximize": True}, {"maximize": False}),
    ],
    "Adamax": [
        ({}, {}),
        ({"lr": 0.02, "betas": [0.8, 0.9], "weight_decay": 0.1}, {"eps": 1e-3}),
        ({"lr": 0.01, "maximize": True}, {"lr": 0.03}),
    ],
    "Adagrad": [
        ({}, {}),
        ({"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.1}, {"lr_decay": 0}),
        ({"lr": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3}, {"lr": 0.2}),
        ({"lr": 0.05, "maximize": True}, {"maximize": False}),
    ],
    "Adadelta": [
        ({}, {}),
        ({"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.1}, {"rho": 0.95}),
        ({"lr": 2.0, "eps": 1e-4, "maximize": True}, {"maximize": False}),
    ],
    "ASGD": [
        ({}, {}),
        ({"lr": 0.05, "lambd": 0.1, "alpha": 0.9, "t0": 10}, {"lr": 0.01}),
        ({"lr": 0.02, "weight_decay": 0.1, "t0": 5, "maximize": True}, {"maximize": False}),
    ],
    "RMSprop": [
        ({}, {}),
        ({"lr": 0.005, "alpha": 0.9, "eps": 1e-4, "weight_decay": 0.1}, {"lr": 0.001}),
        ({"lr": 0.002, "momentum": 0.9}, {"momentum": 0}),
        ({"lr": 0.002, "momentum": 0.5, "centered": True, "eps": 0.01}, {"centered": False}),
        ({"lr": 0.002, "maximize": True}, {"maximize": False}),
    ],
    "Rprop": [
        ({}, {}),
        ({"lr": 0.05, "etas": [0.4, 1.5], "step_sizes": [1e-3, 0.1]}, {"lr": 0.001}),
        ({"lr": 0.01, "maximize": True}, {"maximize": False}),
    ],
    "Lion": [
        ({}, {}),
        ({"lr": 0.01, "betas": [0.8, 0.95], "weight_decay": 0.1}, {"lr": 0.002}),
        ({"lr": 0.01, "maximize": True}, {"maximize": False}),
    ],
    "LAMB": [
        ({}, {}),
        ({"lr": 0.02, "betas": [0.8, 0.95], "weight_decay": 0.1, "eps": 1e-4}, {"lr": 0.002}),
        ({"lr": 0.01, "maximize": True}, {"maximize": False, "weight_decay": 0.5}),
    ],
    "Adafactor": [
        ({}, {}),
        ({"lr": 0.05, "beta2_decay": -0.5, "d": 1.5, "weight_decay": 0.1}, {"lr": 0.1}),
        ({"lr": 0.1, "eps": [0.1, 0.5]}, {"eps": [None, 0.01]}),
        ({"lr": 0.05, "maximize": True}, {"maximize": False}),
    ],
    "Muon": [
        ({}, {}),
        ({"lr": 0.02, "weight_decay": 0.3, "momentum": 0.8, "nesterov": False}, {"lr": 0.01}),
        ({"lr": 0.02, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 3}, {"weight_decay": 0}),
        ({"lr": 0.02, "ns_coefficients": [3.0, -3.2, 1.2], "eps": 0.1}, {}),
    ],
}  # fmt: skip

LBFGS_CASES = [
    {"lr": 0.05, "max_iter": 3},
    {"lr": 0.2, "max_iter": 4, "history_size": 2},
    {"max_iter": 2, "line_search_fn": "strong_wolfe"},
    {"lr": 0.7, "max_iter": 5, "max_eval": 6, "history_size": 3, "line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "tolerance_grad": 1e-5, "tolerance_change": 1e-6},
    {"lr": 5, "max_iter": 3, "line_search_fn": "strong_wolfe"},
    {"lr": 1e-3, "max_iter": 2, "line_search_fn": "strong_wolfe"},
]

SGD = {"kind": "SGD", "options": {"momentum": 0.9}}
ADAM = {"kind": "Adam", "options": {}}
PLAIN = {"kind": "SGD", "options": {}}
EPOCHS = 64


def spec(kind, args=(), options=None, children=None):
    return {"kind": kind, "args": list(args), "options": options or {}, "children": children or []}


SCHEDULES = [
    (SGD, spec("LambdaLR", ["decay"])),
    (SGD, spec("LambdaLR", [["decay", "inverse"]])),
    (SGD, spec("MultiplicativeLR", ["wave"])),
    (SGD, spec("MultiplicativeLR", [["inverse", "wave"]])),
    (SGD, spec("StepLR", [7])),
    (SGD, spec("StepLR", [10], {"gamma": 0.5})),
    (SGD, spec("MultiStepLR", [[3, 20, 20, 41]])),
    (SGD, spec("MultiStepLR", [[5, 9]], {"gamma": 0.3})),
    (SGD, spec("ConstantLR")),
    (SGD, spec("ConstantLR", [], {"factor": 0.25, "total_iters": 30})),
    (SGD, spec("LinearLR")),
    (SGD, spec("LinearLR", [], {"start_factor": 0.9, "end_factor": 0.1, "total_iters": 40})),
    (SGD, spec("ExponentialLR", [0.9])),
    (SGD, spec("ExponentialLR", [1.02])),
    (SGD, spec("PolynomialLR")),
    (SGD, spec("PolynomialLR", [], {"total_iters": 50, "power": 2.0})),
    (SGD, spec("CosineAnnealingLR", [10])),
    (SGD, spec("CosineAnnealingLR", [64], {"eta_min": 0.001})),
    (SGD, spec("CosineAnnealingWarmRestarts", [10])),
    (SGD, spec("CosineAnnealingWarmRestarts", [5], {"T_mult": 2, "eta_min": 0.002})),
    (SGD, spec("CyclicLR", [0.01, 0.1], {"step_size_up": 5})),
    (SGD, spec("CyclicLR", [[0.01, 0.02], [0.1, 0.3]], {"step_size_up": 7, "step_size_down": 11})),
    (SGD, spec("CyclicLR", [0.01, 0.1], {"step_size_up": 6, "mode": "triangular2"})),
    (ADAM, spec("CyclicLR", [0.01, 0.1], {"step_size_up": 6, "mode": "exp_range", "gamma": 0.97})),
    (ADAM, spec("CyclicLR", [0.01, 0.1], {"step_size_up": 4, "base_momentum": 0.7, "max_momentum": 0.8})),
    (PLAIN, spec("CyclicLR", [0.01, 0.1], {"step_size_up": 9, "cycle_momentum": False})),
    (PLAIN, spec("CyclicLR", [0.01, 0.1], {"step_size_up": 9})),
    (SGD, spec("CyclicLR", [0.01, 0.1], {"step_size_up": 5, "scale_fn": "scale"})),
    (SGD, spec("CyclicLR", [0.01, 0.1],
               {"step_size_up": 5, "scale_fn": "scale", "scale_mode": "iterations"})),
    (SGD, spec("OneCycleLR", [0.1], {"total_steps": 65})),
    (SGD, spec("OneCycleLR", [[0.1, 0.4]], {"epochs": 13, "steps_per_epoch": 5, "pct_start": 0.2})),
    (ADAM, spec("OneCycleLR", [0.1], {"total_steps": 70, "three_phase": True, "div_factor": 10.0})),
    (ADAM, spec("OneCycleLR", [0.1], {"total_steps": 65, "anneal_strategy": "linear",
                                      "base_momentum": 0.7, "max_momentum": 0.99,
                                      "final_div_factor": 100.0})),
    (PLAIN, spec("OneCycleLR", [0.1], {"total_steps": 65, "cycle_momentum": False})),
    (SGD, spec("SWALR", [0.05])),
    (SGD, spec("SWALR", [[0.05, 0.01]], {"anneal_epochs": 20, "anneal_strategy": "linear"})),
    (SGD, spec("SWALR", [0.05], {"anneal_epochs": 0})),
    (SGD, spec("ChainedScheduler", [], {}, [
        spec("ConstantLR", [], {"factor": 0.1, "total_iters": 8}), spec("ExponentialLR", [0.95])])),
    (SGD, spec("ChainedScheduler", [], {}, [
        spec("LinearLR", [], {"total_iters": 10}), spec("StepLR", [9], {"gamma": 0.7}),
        spec("CosineAnnealingLR", [30])])),
    (SGD, spec("SequentialLR", [[10]], {}, [
        spec("LinearLR", [], {"total_iters": 10}), spec("CosineAnnealingLR", [54])])),
    (SGD, spec("SequentialLR", [[4, 20, 30]], {}, [
        spec("ConstantLR", [], {"total_iters": 2}), spec("ExponentialLR", [0.9]),
        spec("StepLR", [3], {"gamma": 0.5}), spec("PolynomialLR", [], {"total_iters": 20})])),
    (SGD, spec("SequentialLR", [[12, 24, 40]], {}, [
        spec("LambdaLR", ["decay"]), spec("MultiStepLR", [[2, 5]]),
        spec("CosineAnnealingWarmRestarts", [6]), spec("MultiplicativeLR", ["wave"])])),
    (SGD, spec("SequentialLR", [[15]], {}, [
        spec("CosineAnnealingWarmRestarts", [4]), spec("LinearLR")])),
]  # fmt: skip

METRICS = [round(2 * 0.9 ** min(i, 12) + 0.05 * math.sin(i), 4) for i in range(EPOCHS)]
PLATEAUS = [
    {},
    {"factor": 0.5, "patience": 2},
    {"factor": 0.5, "patience": 1, "threshold": 0.1, "threshold_mode": "abs", "cooldown": 3},
    {"mode": "max", "factor": 0.3, "patience": 4, "min_lr": 1e-4},
    {"mode": "max", "factor": 0.5, "patience": 3, "threshold_mode": "abs", "min_lr": [0.01, 0.002]},
    {"factor": 0.7, "patience": 0, "eps": 0.005},
]
