import { basename, dirname } from 'node:path';
import type { FullConfig, Reporter, Suite } from '@playwright/test/reporter';

/**
 * Gives every test, whether it is run or not, its labels of the Allure report: the suite, its part, the driver profile.
 * Allure's own reporter reads them when a test begins, so this one must come before it in the configuration. Labels set
 * inside a test would cost one message to the runner each.
 */
class LabelReporter implements Reporter {
  printsToStdio(): boolean {
    return false;
  }

  onBegin(_config: FullConfig, suite: Suite): void {
    for (const { annotations, location, parent } of suite.allTests()) {
      const { file } = location;
      const label = (name: string, description: string): void => {
        annotations.push({ type: `allure.label.${name}`, description });
      };
      label('feature', basename(dirname(file)));
      label('story', basename(file, '.suite.ts'));
      label('profile', parent.project()?.name ?? '');
    }
  }
}

// The runner loads a reporter by its default export.
export { LabelReporter as default };
