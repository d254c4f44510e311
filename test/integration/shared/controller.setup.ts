import type { TestProject } from 'vitest/node';
import { createController } from '../../../hack/testbed/controller.ts';

/** One controller for all files of the folder, which watches every namespace. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { access } = project.getProvidedContext();
  const controller = createController(access, { name: 'shared' });
  await controller.start();
  return async () => {
    const lived = controller.running;
    await controller.stop();
    if (!lived)
      throw new Error(`the controller ended before the tests did: see shared.log in ${access.logs}`);
  };
}
