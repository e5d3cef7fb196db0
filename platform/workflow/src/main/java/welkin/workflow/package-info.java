/**
 * Stored workflows: steps with their undo beside them, leases, deadlines, recovery. {@link
 * welkin.workflow.Workflow} is what an author writes, {@link welkin.workflow.Run} what it uses,
 * {@link welkin.workflow.WorkflowEngine} what runs it.
 */
package welkin.workflow;
