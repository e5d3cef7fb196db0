package welkin.assembly;

/**
 * How many threads carry the virtual ones. Twice as many as a host of two processors has, so that
 * one that computes for long (a password's hash) does not keep the others waiting; more only where
 * they are held: SQLite's native calls keep theirs while they wait for the disk. Each one too many
 * is woken for nothing, hundreds of times a second.
 */
final class Carriers {
  private static final String OPTION = "jdk.virtualThreadScheduler.parallelism";
  private static final int FEW = 4;
  private static final int MANY = 8;

  private Carriers() {}

  /**
   * Call before the first virtual thread begins.
   *
   * @param files whether the process keeps its data in files of its own
   */
  static void choose(boolean files) {
    if (System.getProperty(OPTION) == null) {
      int least = files ? MANY : FEW;
      int processors = Runtime.getRuntime().availableProcessors();
      System.setProperty(OPTION, Integer.toString(Math.max(least, processors)));
    }
  }
}
