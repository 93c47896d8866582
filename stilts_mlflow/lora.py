"""LoRA on an encoder (Hu et al. 2022): put on, merged, kept alone.

add_lora(model, Lora(rank=8, alpha=16, layers="0-5"))
"""

from pathlib import Path

from torch import nn

from stilts_mlflow.errors import InputError
from stilts_mlflow.lora_settings import TARGETS, Lora, parse_layers, parse_targets
from stilts_mlflow.model import Model


def add_lora(model: Model, lora: Lora) -> dict[str, float]:
    """Freeze the encoder and put LoRA updates on it; the number of trainable parameters (heads included), their share.

    InputError for a family that is not in the table, for targets the encoder has not, for layers beyond its depth.
    """
    import peft

    names = target_names(model.encoder, lora.targets)
    wanted, pattern = chosen_layers(model.encoder, names, lora.layers) if lora.layers else (None, None)
    config = peft.LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=names,
        layers_to_transform=wanted,
        layers_pattern=pattern,
        bias="none",
    )
    model.encoder = peft.get_peft_model(model.encoder, config)
    total = sum(p.numel() for p in model.parameters())
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return {"trainable_parameters": float(trainable), "trainable_share": trainable / total}


def target_names(encoder: nn.Module, asked: str | None) -> list[str]:
    """Last parts of the names of the linear layers that are updated."""
    kind = str(encoder.config.model_type)  # type: ignore[union-attr]
    found = list(dict.fromkeys(name.rpartition(".")[2] for name in linear_layers(encoder)))
    if asked is None and kind not in TARGETS:
        raise InputError(
            f"lora: no rule for encoders of the family {kind!r}; its linear layers are {', '.join(found)}: "
            "name those to update with lora_targets=<name>,<name>"
        )
    names = parse_targets(asked) if asked is not None else list(TARGETS[kind])
    missing = [name for name in names if name not in found]
    if missing:
        raise InputError(
            f"lora_targets={','.join(names)}: the encoder ({kind}) has no linear layer {', '.join(missing)}; "
            f"it has {', '.join(found)}"
        )
    return names


def linear_layers(encoder: nn.Module) -> list[str]:
    """Full names of the encoder's linear layers."""
    return [name for name, module in encoder.named_modules() if isinstance(module, nn.Linear)]


def chosen_layers(encoder: nn.Module, names: list[str], layers: str) -> tuple[list[int], list[str]]:
    """Numbers of the layers to update, and what stands before the number in the names (`layer.3.attention...`).

    The first number of a name counts: T5 numbers the parts of its blocks as well.
    """
    first, last = parse_layers(layers)
    places = [numbered(name) for name in linear_layers(encoder) if name.rpartition(".")[2] in names]
    depth = max((number for _, number in places), default=-1) + 1
    if last >= depth:
        raise InputError(f"lora_layers={layers}: the encoder has the layers 0-{depth - 1}")
    return list(range(first, last + 1)), sorted({stem for stem, number in places if number >= 0})


def numbered(name: str) -> tuple[str, int]:
    """What stands before the first number of a module's name, and that number (-1: none)."""
    parts = name.split(".")
    place = next((i for i, part in enumerate(parts) if part.isdigit()), 0)
    return (parts[place - 1], int(parts[place])) if place else ("", -1)


def merge_lora(model: Model, adapters: Path | None = None) -> None:
    """Fold the LoRA updates into the encoder's weights; `adapters` keeps them alone as well."""
    import peft

    if not isinstance(model.encoder, peft.PeftModel):
        return
    if adapters is not None:
        model.encoder.save_pretrained(str(adapters), safe_serialization=True)
    model.encoder = model.encoder.merge_and_unload()


def adapter_mib(checkpoint: Path) -> float:
    """Size (MiB) of the updates alone in a checkpoint folder; 0 without any."""
    file = checkpoint / "adapters" / "adapter_model.safetensors"
    return file.stat().st_size / 2**20 if file.is_file() else 0.0
