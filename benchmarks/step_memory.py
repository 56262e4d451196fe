"""How much memory a training step must hold: weights, gradients, AdamW's moments, and every tensor
that the forward pass keeps for the backward pass. Counted, not measured, so a machine without a GPU
can tell; kernels' work space and the allocator's gaps come on top.

python -m benchmarks.step_memory [--recipe faithful] [--rows A,C,E]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import torch
import typer
from torch import Tensor, nn

from ivfgrade.errors import one_line
from ivfgrade.fragmentation.batches import Batch
from ivfgrade.fragmentation.model import AttnRegDeepLab
from ivfgrade.fragmentation.rows import Learnt
from ivfgrade.fragmentation.spec import EstimatorSpec, ModelSpec
from ivfgrade.fragmentation.stored import build_network
from ivfgrade.fragmentation.teaching import TAUGHT_TERMS, Classroom
from ivfgrade.params import Params, load_params
from ivfgrade.training.param_groups import optimiser_groups
from ivfgrade.training.phase import Phase
from ivfgrade.training.precision import Compute

GB = 1e9


class Kept:
    """Counts each storage once that autograd keeps."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}

    def __call__(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        self.sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    @property
    def bytes(self) -> int:
        return sum(self.sizes.values())


def step_gb(
    spec: ModelSpec | EstimatorSpec, row: Learnt | None, phase: Phase, params: Params
) -> tuple[float, float]:
    """Of weights and what AdamW keeps of each; of the forward pass."""
    compute = Compute(torch.device("cpu"), torch.bfloat16)
    network = build_network(spec, params.active_recipe.outlining.output_stride)
    learning = [
        p for group in optimiser_groups(network, phase.groups, 0.0) for p in group["params"]
    ]
    fixed = sum(4 * p.numel() * p.element_size() for p in learning)
    count, unmasked = sum(phase.batch.values()), phase.batch.get("unmasked", 0)
    learner: nn.Module = network
    if row and row.teacher and isinstance(network, AttnRegDeepLab):
        learner = Classroom(network, row.teacher, unmasked, 1.0)
        fixed += sum(p.numel() * p.element_size() for p in learning)
    compute.place(learner).train()
    batch = random_batch(count, count - unmasked, params.image.size)
    kept = Kept()
    with torch.autograd.graph.saved_tensors_hooks(kept, lambda tensor: tensor):
        with compute.autocast():
            prediction = learner(*batch.inputs)
        losses = [TAUGHT_TERMS[name](prediction, batch) for name in phase.losses]
    weights = {p.untyped_storage().data_ptr() for p in learning}
    forward = sum(size for storage, size in kept.sizes.items() if storage not in weights)
    del losses
    return fixed / GB, forward / GB


def random_batch(count: int, paired: int, size: int) -> Batch:
    image = torch.rand(count, 3, size, size).contiguous(memory_format=torch.channels_last)
    mask, some = torch.ones(count, 1, size, size), torch.full((count,), 0.5)
    yes, with_mask = torch.ones(count, dtype=torch.bool), torch.arange(count) < paired
    return Batch(
        image, mask, mask, mask, with_mask, yes, some, with_mask, some * 0, some * 2, yes, yes
    )


def main(
    recipe: Annotated[str, typer.Option(help="A recipe of params.yaml.")] = "faithful",
    rows: Annotated[str, typer.Option(help="Rows of the table, besides A.")] = "A,C,E,A_taught",
) -> None:
    with one_line():
        params = replace(load_params(), recipe=recipe)
        print(f"recipe {recipe}, bf16, {params.image.size} pixels; GB = 10^9 bytes")
        print(f"{'row':10} {'images':>6} {'weights, AdamW':>15} {'forward':>8} {'together':>9}")
        for name in rows.split(","):
            row = None if name == "A" else params.learnt(name)
            phase = row.of(params.phase(row.phase)) if row else params.active_recipe.pretrain
            parts = params.active_recipe.segmenter, params.active_recipe.regressor
            spec = row.spec(*parts) if row else params.segmenter_spec
            fixed, forward = step_gb(spec, row, phase, params)
            count = sum(phase.batch.values())
            print(f"{name:10} {count:6} {fixed:15.2f} {forward:8.2f} {fixed + forward:9.2f}")


if __name__ == "__main__":
    typer.run(main)
