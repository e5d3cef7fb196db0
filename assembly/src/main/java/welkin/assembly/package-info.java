/**
 * The only module that sees all: which services and hosts a process plays, and the program people
 * start.
 */
package welkin.assembly;
