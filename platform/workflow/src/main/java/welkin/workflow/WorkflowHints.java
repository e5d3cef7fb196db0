package welkin.workflow;

import welkin.bus.FanOut;

/** What processes that share a schema tell one another; all of it can be seen without. */
public interface WorkflowHints {
  /** There is something new in the workflows of a service. */
  @FanOut
  void look(String service);
}
