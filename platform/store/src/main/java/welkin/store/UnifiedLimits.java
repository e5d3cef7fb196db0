package welkin.store;

import java.util.Collection;
import java.util.Map;

/**
 * Limits that Identity keeps for all services, known here for a moment. They are asked for outside
 * of transactions: {@link #known} of what is not known refuses, {@link Database#asking} asks and
 * does the transaction once more.
 */
public interface UnifiedLimits {
  /**
   * What limits a project. Names are those under which the limits are registered; -1 is no limit.
   *
   * @param registered the limit of whoever has none of their own
   * @param own the project's own limits
   * @param root the domain whose projects share limits, null in the flat model
   * @param shared that domain's own limits
   * @param tree the projects of that domain
   */
  record Bounds(
      Map<String, Long> registered,
      Map<String, Long> own,
      String root,
      Map<String, Long> shared,
      Collection<String> tree) {}

  /**
   * @param projectId {@link Quotas#EVERYONE} for what is registered only
   * @throws Unknown when they must be asked for
   */
  Bounds known(String projectId);

  /**
   * Asks for them.
   *
   * @throws welkin.core.Fault when Identity is away
   */
  void ask(String projectId);

  /** The limits of a project must be asked for. */
  final class Unknown extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String projectId;

    public Unknown(String projectId) {
      super("the limits of project " + projectId + " are not known yet", null, false, false);
      this.projectId = projectId;
    }

    String projectId() {
      return projectId;
    }
  }
}
