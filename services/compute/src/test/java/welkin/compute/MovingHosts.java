package welkin.compute;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.simulated.SimulatedInstanceAgent;
import welkin.agents.simulated.SimulatedWorld;

/**
 * Simulated hosts whose guests can move; when a guest's devices are plugged they say that its ports
 * are wired, as the network's agent would.
 */
final class MovingHosts {
  final SimulatedWorld world = new SimulatedWorld(InstantSource.system());
  final Map<String, InstanceAgent> agents = new TreeMap<>();

  /**
   * @param wired server and port
   */
  MovingHosts(BiConsumer<String, String> wired, String... names) {
    for (var name : names) {
      agents.put(name, watched(new SimulatedInstanceAgent(world, name), wired));
    }
  }

  private static InstanceAgent watched(InstanceAgent agent, BiConsumer<String, String> wired) {
    return (InstanceAgent)
        Proxy.newProxyInstance(
            InstanceAgent.class.getClassLoader(),
            new Class<?>[] {InstanceAgent.class},
            (proxy, method, arguments) -> {
              try {
                var answer = method.invoke(agent, arguments);
                if (method.getName().equals("spawn")
                    || method.getName().equals("prepareIncoming")) {
                  var spec = (InstanceSpec) arguments[0];
                  spec.nics().forEach(n -> wired.accept(spec.serverId(), n.portId()));
                }
                return answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** A guest's power on a host, or null. */
  PowerState power(String host, String serverId) {
    return agents.get(host).instances().stream()
        .filter(g -> g.serverId().equals(serverId))
        .map(g -> g.power())
        .findFirst()
        .orElse(null);
  }

  /** On how many hosts a guest runs. */
  long running(String serverId) {
    return agents.keySet().stream().filter(h -> power(h, serverId) == PowerState.RUNNING).count();
  }

  /** On how many hosts something of a guest is. */
  long copies(String serverId) {
    return agents.keySet().stream().filter(h -> power(h, serverId) != null).count();
  }
}
