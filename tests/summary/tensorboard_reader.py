"""What TensorBoard's own reader finds in directories of event files, as JSON."""

import json
import sys

from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator


def found(directory):
    everything = {kind: 0 for kind in event_accumulator.DEFAULT_SIZE_GUIDANCE}
    run = event_accumulator.EventAccumulator(directory, size_guidance=everything)
    run.Reload()
    tags = run.Tags()
    return {
        "scalars": {
            tag: [[event.step, event.value] for event in run.Scalars(tag)]
            for tag in tags["scalars"]
        },
        "histograms": {
            tag: [
                [event.step, event.histogram_value.num, sum(event.histogram_value.bucket)]
                for event in run.Histograms(tag)
            ]
            for tag in tags["histograms"]
        },
        "images": {
            tag: [[event.step, event.width, event.height] for event in run.Images(tag)]
            for tag in tags["images"]
        },
        "texts": {
            tag: [[event.step, event.tensor_proto.string_val[0].decode()] for event in run.Tensors(tag)]
            for tag in tags["tensors"]
        },
        "nodes": [node.name for node in run.Graph().node] if tags["graph"] else [],
        "shown": shown(directory),
    }


def shown(directory):
    """By tag the steps of what TensorBoard's pages show, of which starts take back what came before."""
    run = plugin_event_accumulator.EventAccumulator(directory)
    run.Reload()
    return {
        tag: [event.step for event in run.Tensors(tag)] for tag in run.Tags()["tensors"]
    }


print(json.dumps([found(directory) for directory in sys.argv[1:]]))
