package welkin.agents.hypervisor;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Consumer;
import welkin.agents.contracts.InstanceState;

/**
 * What every guest of a host works with.
 *
 * @param guests directory of all guests
 * @param alias the same directory by a name short enough for socket addresses
 * @param changed told when a guest changed without being asked
 */
record HostKit(
    HypervisorSettings settings,
    HostFacts facts,
    Confinement confinement,
    Taps taps,
    QemuImg qemuImg,
    ImageTransfer transfer,
    Path guests,
    Path alias,
    Consumer<InstanceState> changed,
    InstantSource clock) {}
