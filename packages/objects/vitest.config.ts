export { withoutDatabase as default } from '../../vitest.workspace-project.ts';
