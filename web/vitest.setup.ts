import { configure } from '@testing-library/dom';
import { PATIENCE_MS } from './src/state/eventually.test-values';

configure({ asyncUtilTimeout: PATIENCE_MS });
