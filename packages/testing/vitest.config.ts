export { default } from '../../vitest.workspace-project.ts';
